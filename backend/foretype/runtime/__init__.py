"""The model thread's room: sessions, past key values, what one run takes and gives. It knows nothing of text."""
