"""Tests of `final`."""
