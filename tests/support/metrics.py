"""What a scrape says."""

from prometheus_client.parser import text_string_to_metric_families


def samples(text: str, name: str) -> dict[tuple[str, ...], float]:
    """Read the values of a metric, keyed by its labels in alphabetical order."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }
