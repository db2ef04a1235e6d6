import typer

from ops.commands import (
    files,
    messages,
    models,
    monitoring,
    platform,
    predictions,
    releases,
    training,
)

app = typer.Typer(
    name="ops",
    help="Operate the platform: the same commands against AWS and the local cloud.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

app.command()(platform.status)
app.command()(platform.alarms)
app.command()(platform.report)
app.command()(platform.preflight)
app.command()(platform.smoke)
app.command()(platform.empty)
app.command()(files.ingest)
app.command()(files.reprocess)
app.command()(files.audit)
app.add_typer(files.ledger_app, name="ledger")
app.add_typer(files.quarantine_app, name="quarantine")
app.add_typer(messages.dead_letters_app, name="dead-letters")
app.add_typer(messages.parking_app, name="parking")
app.command()(training.train)
app.command()(training.reproduce)
app.add_typer(training.runs_app, name="runs")
app.add_typer(models.models_app, name="models")
app.command()(models.lineage)
app.command()(releases.release)
app.command()(releases.rollback)
app.add_typer(releases.ab_app, name="ab")
app.add_typer(releases.releases_app, name="releases")
app.add_typer(releases.endpoint_app, name="endpoint")
app.command()(predictions.predict)
app.command()(predictions.score)
app.command()(predictions.explain)
app.add_typer(predictions.predictions_app, name="predictions")
app.add_typer(monitoring.monitor_app, name="monitor")
