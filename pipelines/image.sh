#!/bin/sh
# Makes a container image of a package and pushes it: pipelines/image.sh tollgate.zip registry.example.com/tollgate 0.1.0+1a2b3c4
# The caller has signed in to the registry. A tag has no '+', so that 0.1.0+1a2b3c4 becomes 0.1.0-1a2b3c4.
set -eu
package=$1 image=$2 tag=$(printf %s "$3" | tr + -)
dockerfile="$(dirname "$0")/../deploy/Dockerfile"
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
unzip -q "$package" -d "$context"
docker build --file "$dockerfile" --tag "$image:$tag" "$context"
docker push "$image:$tag"
