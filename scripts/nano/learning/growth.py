"""Making a trained model deeper without changing what it says.

Half the layers learn the first things almost twice as fast on a CPU; the other half comes later.
"""

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from learning.checkpoint import new_model


def grown(model: LlamaForCausalLM, tokenizer: Tokenizer, layers: int, seed: int) -> LlamaForCausalLM:
    """The same model with more layers: the new ones, spread evenly, add nothing until they are trained."""
    old = model.config.num_hidden_layers
    if layers <= old:
        return model
    deeper = new_model(tokenizer, seed, layers)
    place = {(number + 1) * layers // old - 1: number for number in range(old)}
    with torch.no_grad():
        deeper.model.embed_tokens.load_state_dict(model.model.embed_tokens.state_dict())
        deeper.model.norm.load_state_dict(model.model.norm.state_dict())
        for number, layer in enumerate(deeper.model.layers):
            if number in place:
                layer.load_state_dict(model.model.layers[place[number]].state_dict())
            else:
                layer.self_attn.o_proj.weight.zero_()
                layer.mlp.down_proj.weight.zero_()
    return deeper
