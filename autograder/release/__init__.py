"""Builds what students get from the staff's sources: stubs, bundle, notebooks and handout."""
