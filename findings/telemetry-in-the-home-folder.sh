#!/usr/bin/env bash
# ONNX Runtime for Linux: importing it writes a lasting device id and a database of events into the home folder.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0

# A network of its own, if the system allows one: nothing is sent for the sake of this finding.
apart=()
if unshare --map-root-user --net true 2>"$folder/unshare"; then apart=(unshare --map-root-user --net); fi

# Imports onnxruntime with $1 as home and temporary folder and the other arguments as further environment.
import_with() {
  local home=$1
  shift
  mkdir -p "$home"
  env --unset=ORT_DISABLE_TELEMETRY --unset=XDG_CACHE_HOME HOME="$home" TMPDIR="$home" "$@" \
    "${apart[@]}" "$folder/venv/bin/python" -c 'import onnxruntime; print("           onnxruntime", onnxruntime.__version__, "imported")'
}
files_in() { (cd "$1" && find . -type f -printf '           %p (%s bytes)\n' | sort); }
id_in() { cat "$1/.cache/Microsoft/DeveloperTools/.onnxruntime/deviceid" 2>"$folder/no-id" || true; }

echo "version    onnxruntime 1.32.0, the wheel for Linux"
echo "guess      importing a library for inference writes nothing outside its own folder"
echo "behaviour  the import alone makes a device id and a database of telemetry events in the home folder and"
echo "           a session id in the temporary folder. The device id stays the same from then on."
echo "           ORT_DISABLE_TELEMETRY=1 in the environment, before the import, keeps all of it away"

echo "output     with an empty home folder:"
import_with "$folder/home"
files_in "$folder/home"
first=$(id_in "$folder/home")
echo "           a second time:"
import_with "$folder/home"
second=$(id_in "$folder/home")
if [ "$first" = "$second" ]; then echo "           the device id is the same"; else echo "           the device id is another"; fi
echo "           with an empty home folder and ORT_DISABLE_TELEMETRY=1:"
import_with "$folder/quiet" ORT_DISABLE_TELEMETRY=1
files_in "$folder/quiet"
echo "           ($(find "$folder/quiet" -type f | wc -l) files)"

[ "${#first}" = 36 ] || { echo "no device id is written any more" >&2; exit 1; }
[ "$first" = "$second" ] || { echo "the device id does not last" >&2; exit 1; }
[ -s "$folder/home/.cache/Microsoft/DeveloperTools/.onnxruntime/onnxruntime.db" ] || { echo "no database any more" >&2; exit 1; }
[ -z "$(find "$folder/quiet" -type f)" ] || { echo "ORT_DISABLE_TELEMETRY=1 leaves files" >&2; exit 1; }
