"""What people and the operator's command line look up of predictions."""

from aws_cdk import aws_dynamodb as dynamodb

from mlops_constructs.predict_function import PredictFunction
from mlops_constructs.queue_processing_function import QueueProcessingFunction
from schemas.names import Output


def prediction_outputs(
    log: QueueProcessingFunction, index: dynamodb.ITable, predict: PredictFunction
) -> dict[Output, str]:
    """Return the outputs of the log and of the predict function."""
    return {
        Output.PREDICT_FUNCTION_NAME: predict.function.function.function_name,
        Output.PREDICT_URL: predict.url,
        Output.PREDICTION_QUEUE_URL: log.source_queue.queue_url,
        Output.PREDICTION_DEAD_LETTER_QUEUE_URL: log.dead_letter_queue.queue_url,
        Output.PREDICTION_PARKING_QUEUE_URL: log.parking_queue.queue_url,
        Output.PREDICTION_DEAD_LETTER_TABLE_NAME: log.dead_letter_table.table_name,
        Output.PREDICTION_INDEX_TABLE_NAME: index.table_name,
        Output.PREDICTION_LOG_FUNCTION_NAME: log.processor.function.function_name,
    }
