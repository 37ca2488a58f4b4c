"""Review of policy documents before they are published: findings, examples, thresholds."""
