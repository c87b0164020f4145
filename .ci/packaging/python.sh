#!/usr/bin/env bash
# Tests the Python distribution: pip upgrades the Python monofy to it from the source, and installs a wheel in a clean
# container. Needs Python with venv, cargo and a running Docker engine.
. "$(dirname "$0")/lib.sh"

need python3 docker
python3 -m venv "$scratch/tools" "$scratch/user"
export PIP_DISABLE_PIP_VERSION_CHECK=1
"$scratch/tools/bin/pip" install --quiet 'maturin>=1.9,<2' wheel

heading 'From the source, as an upgrade of the Python monofy'
"$scratch/user/bin/pip" install --quiet monofy==1.2.0
PATH=$scratch/user/bin:$PATH install_as_the_readme_says 'pip install'
expect 0 "$scratch/user/bin/monofy" --version
shows 'monofy 2.'
expect 0 "$scratch/user/bin/pip" list
shows 'monofy'
hides '1.2.0'

heading 'A wheel'
rm -rf target/wheels
PATH=$scratch/tools/bin:$PATH install_as_the_readme_says 'maturin build'
wheel=$(echo target/wheels/*.whl)
ls -l "$wheel"
[[ $wheel == *manylinux*_"$(uname -m)"* && $wheel == *musllinux*_"$(uname -m)".whl ]] \
  || fail 'the name of the wheel does not say its architecture'
unzip -l "$wheel" | grep -q 'data/scripts/monofy$' || fail 'the wheel has no monofy'
unzip -p "$wheel" '*/scripts/monofy' >"$scratch/monofy"
chmod +x "$scratch/monofy"
need_image busybox:latest
echo 'in an image without a C library:'
docker run --rm --volume "$scratch/monofy:/bin/monofy:ro" busybox:latest monofy --version
for platform in manylinux_2_17 musllinux_1_1; do
  "$scratch/tools/bin/pip" download --quiet --no-index --find-links target/wheels --only-binary=:all: \
    --platform "${platform}_$(uname -m)" --dest "$scratch/$platform" monofy
  echo "pip accepts it on $platform"
done

heading 'The wheel in a clean container, from a requirements file'
expect 0 in_clean_debian "$root/target/wheels" <<'END'
(apt-get update && apt-get install --yes --no-install-recommends python3-venv) >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
python3 -m venv venv
echo 'monofy>=2' >requirements.txt
venv/bin/pip install --quiet --no-index --find-links /here --requirement requirements.txt
. venv/bin/activate
monofy --version
PORT=9000 monofy echo 'port ${PORT:-8000}' '|||' sleep 100
END
shows 'monofy 2.'
shows 'port 9000'
echo 'python: everything as expected'
