"""Drafting: a use case and its schema by looking at the data, for a person to review."""

from pipelines.drafting.facade import Draft, draft, save
from pipelines.drafting.schemas import check_schema, infer_schema, write_schema

__all__ = ["Draft", "check_schema", "draft", "infer_schema", "save", "write_schema"]
