# What a release is put together from. The files in `nix-support` are Hydra's, so its tools and ours read the same.
{ lib, runCommand }:
{
  # A job that stands for others: built when all of them are, failed when one of them says it failed.
  aggregate =
    {
      name,
      constituents,
      meta ? { },
    }:
    runCommand name
      {
        inherit constituents meta;
        preferLocalBuild = true;
        _hydraAggregate = true;
      }
      ''
        mkdir -p $out/nix-support
        touch $out/nix-support/hydra-build-products
        for constituent in $constituents; do
          echo "$constituent" >>$out/nix-support/hydra-aggregate-constituents
          if [ -e "$constituent/nix-support/failed" ]; then touch $out/nix-support/failed; fi
        done
      '';

  # The expressions of a channel as the archive that `nix-channel` fetches. The same tree and revision give the same bytes:
  # names are sorted, and times, owners and modes are the same for all files.
  channelTarball =
    {
      name,
      version,
      versionSuffix,
      revision,
      src,
    }:
    runCommand "${name}-channel-${version}"
      {
        inherit src revision versionSuffix;
        releaseName = "${name}-${version}";
        preferLocalBuild = true;
      }
      ''
        cp -r $src $releaseName
        chmod -R u+w $releaseName
        printf %s "$revision" >$releaseName/.git-revision
        printf %s "$versionSuffix" >$releaseName/.version-suffix
        mkdir -p $out/tarballs $out/nix-support
        tar --create --format=gnu --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX $releaseName |
          xz --threads=1 -9 >$out/tarballs/nixexprs.tar.xz
        echo "channel - $out/tarballs/nixexprs.tar.xz" >$out/nix-support/hydra-build-products
        echo "$releaseName" >$out/nix-support/hydra-release-name
      '';
}
