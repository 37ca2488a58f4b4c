"""From trees to a program: typed check, integer atoms shared by all policies, gates, amounts."""
