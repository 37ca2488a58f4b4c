"""Tables of aggregates: drafted from the facts, audited, approved by a second official, read by all."""
