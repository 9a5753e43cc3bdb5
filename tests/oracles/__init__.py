"""Staff only: independent answers from enumeration, closed forms or plain loops."""
