"""Writes modules as ONNX graphs whose weights keep their names and take half the space."""

import warnings

import numpy as np
import onnx
import torch

OPSET = 20


def write_onnx(module, args, path, inputs, outputs, dynamic):
    """Exports with named, dynamic axes; quietly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(),
            args,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=dynamic,
            opset_version=OPSET,
            dynamo=True,
            optimize=True,
            verbose=False,
        )
    program.save(path, external_data=False)
    halve(path, module)


def weight_names(module):
    """Bytes of every parameter and buffer, as it is and transposed -> its name (`NAME.T`)."""
    names = {}
    for name, p in module.state_dict().items():
        value = p.detach().float().numpy()
        names[value.tobytes()] = name
        if value.ndim == 2:
            names[np.ascontiguousarray(value.T).tobytes()] = name + ".T"
    return names


def name_weights(model, module):
    """Gives the graph's anonymous constants the names of the weights that they are, so that
    `restore.py` finds them again."""
    names, renamed = weight_names(module), {}
    taken, own = {w.name for w in model.graph.initializer}, set(module.state_dict())
    for w in model.graph.initializer:
        if w.name in own:
            continue
        name = names.get(onnx.numpy_helper.to_array(w).tobytes())
        if w.data_type == onnx.TensorProto.FLOAT and name and name not in taken:
            renamed[w.name] = name
            taken.add(name)
            w.name = name
    for node in model.graph.node:
        for i, x in enumerate(node.input):
            node.input[i] = renamed.get(x, x)


def forget_origins(model):
    """Drops the exporter's notes on every node: source lines and folders of its machine."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""


def halve(path, module, least=1024):
    """Stores the weights of at least so many numbers as float16: half the file.

    Each stands behind a Cast, which ONNX Runtime folds away on loading. Rounding to float16 costs
    less than 0.05% of a weight; the graph still computes in float32.
    """
    model = onnx.load(path)
    name_weights(model, module)
    casts, kept = [], []
    for w in model.graph.initializer:
        if w.data_type != onnx.TensorProto.FLOAT or np.prod(w.dims) < least:
            kept.append(w)
            continue
        stored, value = w.name + ".f16", onnx.numpy_helper.to_array(w).astype(np.float16)
        kept.append(onnx.numpy_helper.from_array(value, stored))
        cast = onnx.helper.make_node("Cast", [stored], [w.name], to=onnx.TensorProto.FLOAT)
        casts.append(cast)
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)
    del model.graph.value_info[:]
    forget_origins(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)
