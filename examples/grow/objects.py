"""Splits a file of Kubernetes objects into one for each pod, as `podman kube play` takes them.

objects.py FILE DIRECTORY [NAME=OTHER...]: a Deployment stays one, and NAME=OTHER writes one more under another name. Podman
plays no Job: its template becomes a Pod. It plays no Service either; its name is the alias of the pod in the network.
"""

import copy
import sys

import yaml

file, directory, *others = sys.argv[1:]
objects = [one for one in yaml.safe_load_all(open(file)) if one["kind"] in ("Deployment", "Job")]
for other in others:
    name, new = other.split("=")
    twin = copy.deepcopy(next(one for one in objects if one["metadata"]["name"] == name))
    twin["metadata"]["name"] = new
    objects.append(twin)
for one in objects:
    name = one["metadata"]["name"]
    if one["kind"] == "Job":
        one = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": one["spec"]["template"]["spec"]}
    else:
        one["spec"]["replicas"] = 1
    with open(f"{directory}/{name}.yaml", "w") as target:
        yaml.safe_dump(one, target)
