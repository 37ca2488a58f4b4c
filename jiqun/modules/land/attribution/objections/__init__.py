"""A firm objects to a line of the land table; an official who did not publish it decides."""
