"""All steps, in the order that data flows through them."""

from components.analysis.component import analyze
from components.evaluation.component import evaluate
from components.extraction.component import extract
from components.materialization.component import materialize
from components.monitoring.component import collect, drift, performance
from components.prediction.component import predict
from components.preparation.component import prepare
from components.recording.component import record, register, resolve
from components.serving.component import serve
from components.training.component import train
from components.triggering.component import decide, trigger
from components.validation.component import validate

TRAINING = (extract, resolve, analyze, prepare, train, evaluate, validate, register, serve, record)
"""The steps of the training pipeline."""

MONITORING = (collect, drift, performance, decide, trigger)
"""The steps of the monitoring pipeline."""

STEPS = (*TRAINING, predict, materialize, *MONITORING)
