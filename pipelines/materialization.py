"""Materialization: the latest value of each feature goes to where the predictor looks it up."""

from kfp import dsl

from components.materialization.component import materialize


@dsl.pipeline(name="materialization", description=__doc__)
def materialization(as_of: str, extraction: dict):
    """Bring the views that a use case looks up online; run by schedule, as often as predictions need fresh features.

    Args:
        as_of: Later values stay out; in ISO 8601, `now` for the present.
        extraction: The use case's `extraction` section: which views.
    """
    # Never cached: only reading the sources again can tell whether there is something new.
    materialize(extraction=extraction, as_of=as_of).set_caching_options(False)
