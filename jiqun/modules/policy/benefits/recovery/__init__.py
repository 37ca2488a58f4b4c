"""After the payment: review, and money that comes back."""
