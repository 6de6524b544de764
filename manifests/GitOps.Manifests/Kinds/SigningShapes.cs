using GitOps.Manifests.Rules;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Kinds;

/// <summary>Who must have signed a commit.</summary>
internal static class SigningShapes
{
    private static readonly Shape<SigningMode> Mode = Scalars.OneOf(("head", SigningMode.Head), ("every", SigningMode.Every));

    private static readonly Shape<string> Glob = Scalars.OfText("path glob", "a path of the repository, with * and ** where any name fits",
        "write one like sites/berlin/**: * is a part of one name, ** any folders", IsGlob, new(ScalarTypes.String) { Example = "sites/berlin/**" });

    private static readonly Shape<SignerSpec> Signer = new ObjectShape<SignerSpec>("signer", f =>
    {
        var name = f.Required("name", Scalars.Name, "what the signer is called in findings");
        var key = f.Optional("key", Scalars.NonEmpty,
            "the public key: an armored OpenPGP key, or SSH keys as a line of allowed_signers or of a .pub file, one a line");
        var source = f.Optional("source", SharedShapes.Source, "a file of the repository with the same, relative to the manifest");
        return new SignerSpec(name, source is not null ? source : new ContentSource.Inline(key ?? ""),
            f.Default("paths", new ListShape<string>(Glob, key: glob => glob), [], "the files that this signer may add, change and remove; otherwise all"));
    })
    {
        Rules =
        [
            new("exactly one of `key`, `source`", (_, node, findings) => SharedShapes.ExactlyOne(node, ["key", "source"], findings)) { IsAboutKeys = true },
            new("a public key, never a private one", (signer, node, findings) =>
            {
                if (signer.Key is ContentSource.Inline({ Length: > 0 } key))
                {
                    SigningRules.CheckKey(signer.Name, key, node.Span, findings);
                }
            }),
        ],
    };

    public static readonly Shape<SigningPolicy> Signing = new ObjectShape<SigningPolicy>("signing", f => new(
        f.Default("mode", Mode, SigningMode.Every,
            "which commits must be signed: each one since the published revision, or the newest, which then answers for all"),
        f.Required("signers", new ListShape<SignerSpec>(Signer, key: signer => signer.Name, minimum: 1), "whose signatures count")));

    private static bool IsGlob(string text) => Paths.IsRelative(text) && !text.Contains('\\', StringComparison.Ordinal);
}
