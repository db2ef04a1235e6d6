import pytest

from tests.local.emulator import run

pytestmark = pytest.mark.local_cloud


def test_another_version_of_the_emulator_is_refused_with_the_remedy() -> None:
    told = run(
        "import importlib.metadata as m; m.version = lambda name: '1.6.0'; import local.adapter"
    )

    assert "verified with ministack 1.5.33, found 1.6.0" in told
    assert "local/requirements.txt" in told


def test_a_seam_that_is_gone_stops_the_start() -> None:
    told = run(
        "import local.adapter.queues as q; from ministack.services import sqs\n"
        "del sqs._dlq_sweep; q.install()"
    )

    assert told.endswith("SeamMovedError: ministack.services.sqs has no _dlq_sweep")


def test_a_worker_script_that_reads_differently_stops_the_start() -> None:
    told = run(
        "import local.adapter.functions as f; from ministack.core import lambda_runtime as r\n"
        "r._PYTHON_WORKER_SCRIPT = ''; f.install()"
    )

    assert "SeamMovedError: expected once, found 0 times" in told


def test_whoever_changes_a_queue_waits_for_the_others() -> None:
    told = run(
        "import threading, local.adapter.queues as q; q.install()\n"
        "from ministack.services import sqs\n"
        "sqs._HANDLERS['CreateQueue']({'QueueName': 'q'}, '')\n"
        "(queue,) = sqs._queues.all_values()\n"
        "message = {'QueueUrl': queue['url'], 'MessageBody': 'x'}\n"
        "changes = [lambda: sqs._HANDLERS['SendMessage'](message, ''),\n"
        "           lambda: queue['messages'].append({})]\n"
        "threads = [threading.Thread(target=change, daemon=True) for change in changes]\n"
        "with sqs._queues_lock:\n"
        "    [t.start() for t in threads]; [t.join(0.2) for t in threads]\n"
        "    waiting = [t.is_alive() for t in threads], len(queue['messages'])\n"
        "[t.join() for t in threads]\n"
        "print(waiting, len(queue['messages']))"
    )

    assert told == "([True, True], 0) 2"


def test_a_sender_that_looked_a_queue_up_before_a_deletion_loses_nothing() -> None:
    told = run(
        "import local.adapter.queues as q; q.install()\n"
        "from ministack.services import sqs\n"
        "sqs._HANDLERS['CreateQueue']({'QueueName': 'q'}, '')\n"
        "(queue,) = sqs._queues.all_values()\n"
        "looked_up = queue['messages']\n"
        "queue['messages'] = [message for message in looked_up if False]\n"
        "looked_up.append({'id': 'late'})\n"
        "print([message['id'] for message in queue['messages']])"
    )

    assert told == "['late']"
