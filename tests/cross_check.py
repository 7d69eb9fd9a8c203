"""Compares a run file with PyTorch: the same model in Hugging Face transformers, dense dictionaries, autograd through all of it.

    pip install torch transformers safetensors
    cargo run --release -- run --output demo.safetensors
    python tests/cross_check.py assets/demo/model assets/demo/dictionaries demo.safetensors [attn_0,resid_3,..]

Needs a run with method ig and dictionaries in SAELens layout ({layer}-{att,mlp,res}-sm). Prints, for each view and submodule, the
largest difference of effects and of standard errors relative to the largest of each, and the difference of the error terms; then how
long PyTorch took for what it compares, reading dictionaries included, and the most memory it had. One shortcut is that of saescope:
decoding is affine, so it differentiates with respect to activations; and all steps of a path are one batch. Not part of the test
suite, which needs nothing but Rust.
"""

import json
import resource
import sys
import time

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import GPTNeoXForCausalLM

BATCH = 50  # examples whose paths are one batch
KINDS = {"attn": "att", "mlp": "mlp", "resid": "res"}


def main(model_folder, dictionary_folder, run_path, only=None):
    model = GPTNeoXForCausalLM.from_pretrained(model_folder, dtype=torch.float32, attn_implementation="eager").eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    run = safe_open(run_path, "pt")
    manifest = json.loads(run.metadata()["saescope"])
    submodules = [record["submodule"] for record in manifest["dictionaries"]]
    steps = manifest["steps"]
    chosen = only.split(",") if only else submodules
    worst, seconds = 0.0, 0.0
    for described in manifest["study"]["views"]:
        view = described["name"]
        examples = manifest["data"][described["pairs"]]["examples"]
        lengths = {len(example["clean_tokens"]) for example in examples}
        if len(lengths) != 1:
            sys.exit("examples of different lengths: run with --tokens N")
        column = lambda key: torch.tensor([example[key] for example in examples])
        clean, patch = column("clean_tokens"), column("patch_tokens")
        clean_answer, patch_answer = column("clean_answer"), column("patch_answer")
        if described["direction"] == "reversed":
            clean, patch, clean_answer, patch_answer = patch, clean, patch_answer, clean_answer

        def metric(logits, rows=slice(None)):
            return (logits.gather(1, patch_answer[rows, None]) - logits.gather(1, clean_answer[rows, None]))[:, 0]

        start = time.perf_counter()
        with torch.no_grad():
            clean_logits, clean_outputs = forward(model, clean, submodules)
            patch_logits, patch_outputs = forward(model, patch, submodules)
        seconds += time.perf_counter() - start
        total = (metric(patch_logits) - metric(clean_logits)).mean().item()
        gap = (metric(clean_logits) - run.get_tensor(f"{view}.clean_metric")).abs().max().item()
        print(f"{view}: mean total effect {total:+.4f}, largest difference of a clean metric {gap:.1e}")
        for submodule in chosen:
            start = time.perf_counter()
            dictionary = load_dictionary(dictionary_folder, submodule)
            x_clean, x_patch = clean_outputs[submodule], patch_outputs[submodule]
            gradient = torch.zeros_like(x_clean)
            alphas = torch.arange(steps).view(-1, 1, 1, 1) / steps
            for rows in torch.arange(len(examples)).split(BATCH):
                # All points of the path together, one step after the other: [steps * rows, positions, width].
                moved = (x_clean[rows] + alphas * (x_patch - x_clean)[rows]).flatten(0, 1).requires_grad_(True)
                logits, _ = forward(model, clean[rows].repeat(steps, 1), [], (submodule, moved))
                metric(logits, rows.repeat(steps)).sum().backward()
                gradient[rows] = moved.grad.unflatten(0, (steps, -1)).mean(0)
            effects, error = attribute(dictionary, gradient, x_clean, x_patch)
            node, spread = effects.mean(0), effects.std(0, unbiased=True) / len(examples) ** 0.5
            seconds += time.perf_counter() - start
            features = run.get_tensor(f"{view}.{submodule}.feature").long()
            dense = lambda name: torch.zeros(effects.shape[1]).index_put_((features,), run.get_tensor(f"{view}.{submodule}.{name}"))
            effect_gap = ((dense("effect") - node).abs().max() / node.abs().max()).item()
            spread_gap = ((dense("standard_error") - spread).abs().max() / spread.max()).item()
            error_gap = (run.get_tensor(f"{view}.{submodule}.error_effect")[0] - error).abs().item()
            worst = max(worst, effect_gap, spread_gap)
            print(f"  {submodule}: effects {effect_gap:.1e}, standard errors {spread_gap:.1e}, error term {error_gap:.1e}")
    print(f"worst relative difference {worst:.1e}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # Linux counts kilobytes
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads: {seconds:.1f} s, {peak:.1f} GB")


def module(model, submodule):
    kind, layer = submodule.split("_")
    layer = model.gpt_neox.layers[int(layer)]
    return {"attn": layer.attention.dense, "mlp": layer.mlp.dense_4h_to_h, "resid": layer}[kind]


def forward(model, tokens, keep, replace=None):
    """The last position's logits, and the outputs of the submodules `keep`; `replace` is a submodule and what it shall put out."""
    kept, hooks = {}, []

    def record(name):
        def hook(_module, _inputs, output):
            kept[name] = output[0] if isinstance(output, tuple) else output

        return hook

    def substitute(_module, _inputs, output):
        return (replace[1], *output[1:]) if isinstance(output, tuple) else replace[1]

    for name in keep:
        hooks.append(module(model, name).register_forward_hook(record(name)))
    if replace:
        hooks.append(module(model, replace[0]).register_forward_hook(substitute))
    logits = model(tokens, logits_to_keep=1).logits[:, -1]
    for hook in hooks:
        hook.remove()
    return logits, kept


def load_dictionary(folder, submodule):
    kind, layer = submodule.split("_")
    weights = load_file(f"{folder}/{layer}-{KINDS[kind]}-sm/sae_weights.safetensors")
    return {name: tensor.float() for name, tensor in weights.items()}


def attribute(dictionary, gradient, x_clean, x_patch):
    """Effects `[examples, features]` summed over positions, and the mean effect of the error term."""
    encode = lambda x: torch.relu((x - dictionary["b_dec"]) @ dictionary["W_enc"] + dictionary["b_enc"])
    f_clean, f_patch = encode(x_clean), encode(x_patch)
    effects = ((f_patch - f_clean) * (gradient @ dictionary["W_dec"].T)).sum(1)
    error = lambda x, f: x - (f @ dictionary["W_dec"] + dictionary["b_dec"])
    return effects, (gradient * (error(x_patch, f_patch) - error(x_clean, f_clean))).sum((1, 2)).mean()


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
