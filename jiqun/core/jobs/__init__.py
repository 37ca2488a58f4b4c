"""Background work: jobs that a person starts and watches, and duties that recur by themselves."""
