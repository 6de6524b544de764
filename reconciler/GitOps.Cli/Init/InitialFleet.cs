using GitOps.Manifests.Schemas;

namespace GitOps.Cli.Init;

/// <summary>The files of a new fleet repository: the smallest fleet that validates and shows what goes where.</summary>
internal static class InitialFleet
{
    /// <summary>Where the schemas lie. The compiler reads nothing below a folder whose name begins with a dot.</summary>
    public const string SchemaFolder = ".gitops/schemas";

    /// <summary>Paths relative to the repository, each with its text; the Fleet comes last, as it makes a folder a fleet.</summary>
    public static IReadOnlyList<(string Path, string Text)> Files(string name, Guid uid) =>
    [
        .. JsonSchemas.All.Select(schema => ($"{SchemaFolder}/{schema.Name}", schema.Text)),
        ("README.md", Readme(name)),
        ("nodes.yaml", Nodes),
        ("apps/welcome.yaml", Welcome(name)),
        ("fleet.yaml", Fleet(name, uid)),
    ];

    private static string Fleet(string name, Guid uid) => $"""
        {SchemaLine("")}
        # The fleet as a whole. There is one Fleet; everything else may lie in any file below this folder.
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata:
          name: {name}
        spec:
          uid: {uid:D} # identifies the fleet for ever: never change or copy it
          values:
            greeting: Welcome

        """;

    private static readonly string Nodes = $$"""
        {{SchemaLine("")}}
        # Where the machines are, and what they are called. Labels are what placement looks at.
        apiVersion: gitops.edge/v1
        kind: Site
        metadata:
          name: site-1
        spec:
          timeZone: Etc/UTC
        ---
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata:
          name: node-1
          labels: {role: first}
        spec:
          site: site-1

        """;

    private static string Welcome(string name) => $$$"""
        {{{SchemaLine("../")}}}
        # A file on every node. Templates see the values and the name of the node.
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata:
          name: welcome
        spec:
          placement: {all: true}
          path: /srv/{{{name}}}/welcome.txt
          content: |
            {{ values.greeting }} to {{ node.name }}

        """;

    private static string Readme(string name) => $"""
        # {name}

        This repository describes a fleet of edge nodes. Whatever is pushed to its main branch is what the nodes run.

        - `fleet.yaml`: the fleet as a whole
        - `nodes.yaml`: sites and nodes
        - `apps/`: what lies and runs on the nodes
        - `{SchemaFolder}/`: JSON Schemas for editors; `gitops init --schemas` renews them after an upgrade

        `gitops validate` checks it, `gitops diff` shows what a change does to every node, `gitops explain` says what can be written.

        """;

    private static string SchemaLine(string up) => $"# yaml-language-server: $schema={up}{SchemaFolder}/{JsonSchemas.WholeName}";
}
