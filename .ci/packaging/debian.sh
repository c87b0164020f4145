#!/usr/bin/env bash
# Tests the Debian package: builds it, checks it with lintian, installs it in a clean container and uses it. Needs cargo,
# cargo-deb, lintian and a running Docker engine.
. "$(dirname "$0")/lib.sh"

need docker cargo-deb lintian
rm -rf target/debian
install_as_the_readme_says 'cargo deb'
ls -l target/debian
[ "$(ls target/debian)" = "monofy_$(dpkg-deb --field target/debian/monofy_*.deb Version)_$(dpkg --print-architecture).deb" ] \
  || fail 'the name of the package does not say its architecture'
dpkg-deb --info target/debian/monofy_*.deb
lintian --allow-root --fail-on error,warning target/debian/monofy_*.deb

heading 'In a clean container'
mkdir -p "$scratch/clean/target"
cp -R target/debian "$scratch/clean/target/"
install_line=$(.ci/readme-block 'apt-get install')
expect 0 in_clean_debian "$scratch/clean" <<END
cd /here
{ apt-get update && ${install_line/install/install --yes --no-install-recommends} bash-completion; } >/tmp/log 2>&1 \\
  || { cat /tmp/log; exit 1; }
monofy --version
# In a terminal: the beginning of an option, then the completion key.
printf 'monofy --pl\\techo completed\\nexit\\n' |
  script --quiet --return --command 'bash --rcfile /usr/share/bash-completion/bash_completion -i' /dev/null
dpkg-query --listfiles monofy
PORT=9000 monofy echo 'port \${PORT:-8000}' '|||' sleep 100
apt-get remove --yes monofy >/tmp/log 2>&1
[ ! -e /usr/bin/monofy ]
END
shows 'monofy 2.'
shows 'echo  echo completed'
shows /usr/share/man/man1/monofy.1.gz
shows /usr/share/zsh/vendor-completions/_monofy
shows /usr/share/fish/vendor_completions.d/monofy.fish
shows 'port 9000'
echo 'debian: everything as expected'
