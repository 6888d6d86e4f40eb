"""Running the fused graph on a device with memory of its own: past key values and logits stay there."""
