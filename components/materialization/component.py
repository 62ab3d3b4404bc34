"""The step of the materialization pipeline."""

from kfp.dsl import Artifact, Output

from components.step import step


@step
def materialize(extraction: dict, as_of: str, report: Output[Artifact]) -> bool:
    """Bring the latest values of the views that a use case looks up online, each view from where it stood.

    Args:
        extraction: The use case's `extraction` section: which views, and how late values may come.
        as_of: Later values stay out; in ISO 8601, `now` for the present.

    Returns:
        report: How far each view is online now.
        Output: True when some view was behind.
    """
    from components.clock import settled
    from components.contracts.sections import Extraction
    from components.extraction.window import parse_instant
    from components.materialization.materialize import materialize
    from components.settings import Settings
    from components.stores.features import Features
    from components.stores.watermarks import Watermarks

    settings, wanted = Settings(), Extraction.model_validate(extraction)
    views = [lookup.view for lookup in wanted.features]
    online, reached = Features(settings), Watermarks(settings)
    told = materialize(views, parse_instant(settled(as_of)), wanted.lateness, online, reached)

    told.write(report.path)
    return any(view.is_new for view in told.views)
