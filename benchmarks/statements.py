"""Hand-written SQL for what the service has the database compute."""

from __future__ import annotations

TOTALS_FROM_ENTRIES = """
    INSERT INTO totals
        (operation_id, generation, force, day, measure, category, qualifier, quantity, lines, last_seq)
    SELECT operation_id, generation, force, day, measure, category, qualifier, sum(quantity), sum(lines), max(seq)
    FROM entries
    WHERE operation_id = :operation AND generation = :generation
    GROUP BY operation_id, generation, force, day, measure, category, qualifier
"""
