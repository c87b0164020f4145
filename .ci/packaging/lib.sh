# Support for the tests of the install methods: runs the commands of README.md and docs/packaging.md, in a clean container if needed.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../../examples/lib.sh"
cd "$root"

# install_as_the_readme_says WORDS: runs the bash block of README.md or docs/packaging.md that contains these words.
install_as_the_readme_says() {
  local block
  block=$(.ci/readme-block "$1")
  printf '%s\n' "$block"
  bash -euo pipefail -c "$block"
}

# in_clean_debian DIRECTORY: runs the script on stdin in a new Debian container, with the directory mounted at /here.
in_clean_debian() {
  need_image debian:bookworm-slim
  docker run --rm --interactive --name "$name" --label monofy-test --volume "$1:/here:ro" --workdir /tmp \
    --env DEBIAN_FRONTEND=noninteractive debian:bookworm-slim bash -euo pipefail -s
}
