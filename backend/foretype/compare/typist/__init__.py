"""A person who types a given text and takes the words that are right: what they press, what they see, what is
counted of it. Pure: no clock, no model, no socket. Models are compared with it, and servers are measured.
"""
