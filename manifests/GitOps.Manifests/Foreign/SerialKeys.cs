using GitOps.Bundles;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

/// <summary>What a serial line is called in files of another system.</summary>
internal sealed record SerialKeys(string Path, string Baud, string Parity, string StopBits, string DataBits)
{
    /// <summary>MODBUS over Serial Line V1.02 §2.5.1: a character has eight data bits; seven are of ASCII mode.</summary>
    public const string EightBits = "Modbus RTU has 8";

    /// <summary>The line as a connection of ours has it. What is missing there is missing here, and is reported so.</summary>
    /// <param name="otherBits">Data bits that are not eight.</param>
    public static YamlNode.Mapping Serial(ForeignObject config, SourceSpan span, SerialKeys keys, out string? otherBits)
    {
        otherBits = ForeignScalar.Number(config.Text(keys.DataBits)) is { } bits && bits != 8 ? config.Text(keys.DataBits) : null;
        return TreeEdit.Map(span,
            ("path", config.Has(keys.Path) ? TreeEdit.Text(config.SpanOf(keys.Path), config.Text(keys.Path)) : null),
            ("baud", Whole(config, keys.Baud)),
            ("parity", ParityOf(config, keys.Parity)),
            ("stopBits", Whole(config, keys.StopBits)));
    }

    // A letter in EdgeX, a word in KubeEdge; anything else is left for the check of the field to name.
    private static YamlNode.Scalar? ParityOf(ForeignObject config, string key) => !config.Has(key) ? null
        : TreeEdit.Text(config.SpanOf(key), config.Text(key).ToUpperInvariant() switch
        {
            "N" or "NONE" => "none",
            "E" or "EVEN" => "even",
            "O" or "ODD" => "odd",
            _ => config.Text(key),
        });

    private static YamlNode.Scalar? Whole(ForeignObject config, string key) =>
        config.Node(key) is YamlNode.Scalar scalar && ForeignScalar.Number(scalar.Text) is { } number && decimal.IsInteger(number)
            ? TreeEdit.Plain(scalar.Span, DecimalText.Format(number))
            : null;
}
