"""Distillation: a smaller model made from a larger one, by the recipe that made DistilGPT2 from GPT-2.

The student starts as a copy of some of the teacher's layers and is trained on texts to predict what the
teacher predicts: Sanh, Debut, Chaumond, Wolf, "DistilBERT, a distilled version of BERT" (2019, arXiv
1910.01108), which builds on Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network" (2015,
arXiv 1503.02531). What the paper leaves open is taken from its authors' code, `distillation/` in
`huggingface/transformers-research-projects`. `docs/distil.md` lists the differences.

These modules import PyTorch, so nothing that the server runs may import them.
"""
