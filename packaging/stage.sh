#!/bin/sh
# Lays out what the Debian package holds in .cache/packages/usr, as it will lie under /usr:
#   stage.sh BINARY
# The binary and ONNX Runtime are side by side, where foveate looks for the library first.
set -eu
cd "$(dirname "$0")/.."
binary=$1
usr=.cache/packages/usr
rm -rf .cache/packages
mkdir -p $usr/bin $usr/lib/foveate $usr/share/man/man1 $usr/share/foveate/models/nano
mkdir -p $usr/share/bash-completion/completions $usr/share/zsh/vendor-completions
mkdir -p $usr/share/fish/vendor_completions.d $usr/share/doc/foveate

cp "$binary" $usr/lib/foveate/foveate
strip $usr/lib/foveate/foveate
ln -s ../lib/foveate/foveate $usr/bin/foveate
cp .cache/onnxruntime/libonnxruntime.so.1.* $usr/lib/foveate/
cp .cache/onnxruntime/LICENSE $usr/share/doc/foveate/onnxruntime-LICENSE
cp .cache/onnxruntime/ThirdPartyNotices.txt $usr/share/doc/foveate/onnxruntime-ThirdPartyNotices.txt

# What is loaded of the model, and its card.
nano=$usr/share/foveate/models/nano
cp models/nano/config.json models/nano/tokenizer.json models/nano/*.onnx models/nano/README.md $nano
cp models/nano/decoder.safetensors models/nano/fusion.safetensors $nano
cp models/nano/lexicon.txt models/nano/LICENSE-SCOWL $nano
cp -r models/nano/adapters $nano

foveate=$usr/lib/foveate/foveate
$foveate man --folder $usr/share/man/man1
gzip -9n $usr/share/man/man1/*.1
$foveate completions bash > $usr/share/bash-completion/completions/foveate
$foveate completions zsh > $usr/share/zsh/vendor-completions/_foveate
$foveate completions fish > $usr/share/fish/vendor_completions.d/foveate.fish
chmod -R a+rX,go-w .cache/packages
