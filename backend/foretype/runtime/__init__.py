"""Running a model: sessions of ONNX Runtime, past key values, what one run takes and gives."""
