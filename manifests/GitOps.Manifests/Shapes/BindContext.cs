using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Shapes;

public enum BindMode
{
    /// <summary>As written: templates are accepted where they may stand, and looked at after rendering.</summary>
    Written,

    /// <summary>After rendering: a scalar is what it says, even if it holds <c>{{</c>.</summary>
    Rendered,

    /// <summary>As written, of a kind that is never rendered: any template is a finding.</summary>
    Literal,
}

/// <summary>What binding one document needs to know and to remember.</summary>
internal sealed class BindContext(BindMode mode, FindingList findings)
{
    public FindingList Findings { get; } = findings;

    public bool IsRendered => mode == BindMode.Rendered;

    /// <summary>How many templates were accepted so far.</summary>
    public int Templates { get; private set; }

    /// <summary>The name of the field that is being bound, for messages.</summary>
    public string Field { get; set; } = "spec";

    /// <summary>Inside of a field that decides what is rendered where.</summary>
    public bool IsLiteral { get; set; }

    /// <summary>
    /// Whether the template at this node stands for a value; adds the finding when it may not stand here.
    /// </summary>
    public bool AcceptTemplate(YamlNode node)
    {
        if (IsRendered)
        {
            return false;
        }

        if (IsLiteral || mode == BindMode.Literal)
        {
            Findings.Error(ManifestCodes.TemplateNotAllowed, node.Span, $"'{Field}' cannot be a template",
                mode == BindMode.Literal && !IsLiteral
                    ? "write the value out; templates are rendered in Workload, ConfigFile, Volume, VolumeSync, TimeSync and Device"
                    : "write the value out; for a part of the nodes, use placement or a resource for each");
            return false;
        }

        Templates++;
        return true;
    }
}
