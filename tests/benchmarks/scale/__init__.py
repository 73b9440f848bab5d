"""Measure what a million links cost that ten thousand do not.

    python -m tests.benchmarks scale [--database sqlite] [--rows 1000000] [--only search]

Every list, filter, search and statistic is asked of two apps on each database, one with few rows
and one with many, in turns and without a response cache. Printed are the medians and the 99th
percentiles of the answers' times in ms, and many x few; where that is above 2, the statements
follow with their plans.
"""
