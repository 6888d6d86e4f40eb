"""What an execution provider makes of the prepared model and of its attention, beside the CPU in one run.

environment (a package in an environment of its own) → attention_forms, model_trial → report.
"""
