"""Studies: the same work given to any engine, measured in the same way.

Each study takes folders and settings, and gives one plain result that
`vivant.studies.results` writes as JSON, CSV and Markdown.
"""
