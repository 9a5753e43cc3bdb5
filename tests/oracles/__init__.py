"""Staff only: independent answers by enumeration, closed form or plain loops."""
