"""The section `serving` of a use case."""

from __future__ import annotations

from pydantic import Field

from components.contracts.prediction_logging import PredictionLogging
from components.contracts.spec import Spec


class Serving(Spec):
    """How the champion serves."""

    log: PredictionLogging = Field(
        default=PredictionLogging(), description="What the prediction log keeps of each prediction."
    )
