"""What the gate lets through: accepted findings, budgets, and the sentences that say so."""
