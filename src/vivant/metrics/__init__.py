"""How good a drawn picture is: one file a metric, a pure function and an accumulating class.

Numpy in, float out. A class knows its `unit` and its direction
(`higher_is_better`; None where neither is better), takes one picture or
measurement at a time by `update`, takes in another's by `merge`, and gives the
mean by `compute`.
"""
