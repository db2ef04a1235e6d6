"""An answer is given when it is logged, and not before."""

from typing import Any

from lambdas.predict.answer import Answer
from lambdas.predict.budget import Budget
from lambdas.predict.endpoint import Endpoint
from lambdas.predict.log import PredictionLog
from lambdas.predict.question import Question
from lambdas.shared.clock import Clock, timestamp
from schemas.predictions import PredictionRecord, flaw_of, prediction_id, request_key


class Prediction:
    """Answers questions.

    Args:
        endpoint: Knows the answers.
        log: Takes every answer before it is given.
        clock: Tells the time.
    """

    def __init__(self, *, endpoint: Endpoint, log: PredictionLog, clock: Clock) -> None:
        self._endpoint = endpoint
        self._log = log
        self._clock = clock

    def answer(self, question: Question, budget: Budget) -> dict[str, Any]:
        """Return the answer's body.

        Raises:
            RefusedError: 502 or 503; nothing was answered.
        """
        answer = self._endpoint.ask(question.rows, question.request_id, budget)
        record = self._record(question, answer)
        self._log.append(record)
        return {
            "request_id": record.request_id,
            "model_package_arn": record.model_package_arn,
            "variant": record.variant,
            "predictions": [
                _prediction(record.key, position, score)
                for position, score in enumerate(record.scores)
            ],
        }

    def _record(self, question: Question, answer: Answer) -> PredictionRecord:
        return PredictionRecord(
            key=request_key(
                question.request_id, question.rows, answer.model_package_arn, answer.scores
            ),
            request_id=question.request_id,
            predicted_at=timestamp(self._clock()),
            variant=answer.variant,
            model_package_arn=answer.model_package_arn,
            model_sha256=answer.model_sha256,
            rows=question.rows,
            scores=answer.scores,
        )


def _prediction(key: str, position: int, score: float | None) -> dict[str, Any]:
    found: dict[str, Any] = {"prediction_id": prediction_id(key, position), "score": score}
    flaw = flaw_of(score)
    return found if flaw is None else found | {"flaw": flaw}
