"""What a study shows: one page to read, and tables for Markdown and LaTeX.

A report is a list of `parts`; each writer (`page`, `markdown`, `latex`) turns the
same list into its own form.
"""
