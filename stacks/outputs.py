"""Stack outputs: what people and the operator's command line look up."""

from collections.abc import Mapping

import aws_cdk as cdk

from schemas.names import Output

DESCRIPTIONS: Mapping[Output, str] = {
    Output.RAW_BUCKET_NAME: "Put files under landing/<dataset>/ here, or use `ops ingest`.",
    Output.CURATED_BUCKET_NAME: "Parquet that honours its contract, under curated/<dataset>/.",
    Output.QUARANTINE_BUCKET_NAME: "Rows that do not; see `ops quarantine show`.",
    Output.ARTIFACTS_BUCKET_NAME: "Query results and artifacts.",
    Output.LEDGER_TABLE_NAME: "What became of each object version; see `ops ledger show`.",
    Output.ALARM_TOPIC_ARN: "Subscribe here to be told of alarms.",
    Output.INGESTION_QUEUE_URL: "Announces new files to the ingest function.",
    Output.DEAD_LETTER_QUEUE_URL: "Failed messages pass here; see `ops dead-letters list`.",
    Output.PARKING_QUEUE_URL: "Dead letters that could not be archived; see `ops parking list`.",
    Output.DEAD_LETTER_TABLE_NAME: "Archived dead letters; see `ops dead-letters list`.",
    Output.INGEST_FUNCTION_NAME: "Turns raw files into curated ones; read its log for failures.",
    Output.MODEL_PACKAGE_GROUP_NAME: "Registered models; see `ops models list`.",
    Output.TRAINING_RUNS_TABLE_NAME: "What became of each training; see `ops runs list`.",
    Output.TRAINING_STATE_MACHINE_ARN: "Trains a model; start it with `ops train`.",
    Output.RELEASES_TABLE_NAME: "What became of each release; see `ops releases list`.",
    Output.RELEASE_STATE_MACHINE_ARN: "Releases a model; start it with `ops release`.",
    Output.ENDPOINT_NAME: "Serves the released model; see `ops endpoint status`.",
    Output.PREDICT_FUNCTION_NAME: "Answers prediction requests; ask it with `ops predict`.",
    Output.PREDICT_URL: "The same for clients, by HTTPS with IAM's signature.",
    Output.PREDICTION_QUEUE_URL: "Passes what was predicted on to the log.",
    Output.PREDICTION_DEAD_LETTER_QUEUE_URL: "Records that could not be logged pass here.",
    Output.PREDICTION_PARKING_QUEUE_URL: "Dead letters of the log that could not be archived.",
    Output.PREDICTION_DEAD_LETTER_TABLE_NAME: "Archived dead letters of the log.",
    Output.PREDICTION_INDEX_TABLE_NAME: "Where each prediction lies; see `ops explain`.",
    Output.PREDICTION_LOG_FUNCTION_NAME: "Writes the log; read its own log for failures.",
    Output.SCORING_STATE_MACHINE_ARN: "Scores a month; start it with `ops score`.",
    Output.MONITORING_TABLE_NAME: "What the model monitor found; see `ops monitor list`.",
    Output.MONITORING_STATE_MACHINE_ARN: "Looks at the model; start it with `ops monitor run`.",
}


def add_outputs(stack: cdk.Stack, values: Mapping[Output, str]) -> None:
    """Add outputs to `stack`, each with what a person does with it."""
    for output, value in values.items():
        cdk.CfnOutput(stack, output.value, value=value, description=DESCRIPTIONS[output])
