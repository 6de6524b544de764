using System.CommandLine;
using GitOps.Bundles;
using GitOps.Cli.Commands;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using GitOps.Platform.Age;

namespace GitOps.Cli.Secrets;

/// <summary>
/// Whom a command encrypts to instead of the repository's lists: keys as they are, and those of nodes by the nodes' names, asked of the
/// control plane or looked up in a file.
/// </summary>
internal sealed class RecipientOptions
{
    private readonly ControlPlaneOptions _reach = new();

    private readonly Option<string[]> _recipients = new("--recipient", "-r")
    {
        Description = $"age1…, instead of those of {RecipientList.Shared}, from here on",
    };

    private readonly Option<string[]> _nodes = new("--node", "-n")
    {
        Description = "the key of this node, likewise: end to end, the control plane cannot read it; it is asked for the key",
    };

    private readonly Option<string?> _file = new("--nodes-file")
    {
        Description = "look keys of nodes up here instead, as 'gitops secret recipients --nodes' prints them",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_recipients);
        command.Options.Add(_nodes);
        command.Options.Add(_file);
        _reach.AddTo(command);
    }

    public bool AreGiven(System.CommandLine.Parsing.CommandResult parsed) => parsed.GetValue(_recipients) is { Length: > 0 } || parsed.GetValue(_nodes) is { Length: > 0 };

    /// <summary>Runs with those that are given, none where none are; says what is wrong with them otherwise.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WithAsync(ParseResult parsed, Func<IReadOnlyList<NamedRecipient>, int> run, CancellationToken cancellationToken)
    {
        List<NamedRecipient> given = [];
        foreach (var text in parsed.GetValue(_recipients) ?? [])
        {
            if (AgeRecipient.TryParse(text) is not { } recipient)
            {
                return Problems.Print(new Problem(CliCodes.Recipients, $"'{text}' is no recipient of age", "write one like age1…, lower case"), ExitCode.Usage);
            }

            given.Add(new NamedRecipient(recipient));
        }

        if (parsed.GetValue(_nodes) is not { Length: > 0 } nodes)
        {
            return SecretCommand.Guarded(() => run(given));
        }

        return parsed.GetValue(_file) is { } file
            ? SecretCommand.Guarded(() => Find(ReadFile(file), nodes, given, file) ?? run(given))
            : await _reach.WithClientAsync(parsed, async client =>
            {
                var answer = await client.GetRecipientsAsync(cancellationToken);
                return answer is ApiAnswer<RecipientPage>.Ok(var page)
                    ? SecretCommand.Guarded(() => Find(Of(page), nodes, given, "the control plane") ?? run(given))
                    : Problems.Print(answer);
            });
    }

    /// <summary>As the control plane says; what it says wrong is left out.</summary>
    public static IEnumerable<NamedRecipient> Of(RecipientPage page) => page.Recipients
        .Where(known => Label.IsValid(known.Node))
        .Select(known => AgeRecipient.TryParse(known.Recipient) is { } recipient ? new NamedRecipient(recipient, known.Node) : null).OfType<NamedRecipient>();

    private static IEnumerable<NamedRecipient> ReadFile(string path) => File.ReadLines(path).Select(NamedRecipient.TryParse).OfType<NamedRecipient>();

    /// <summary>Adds the keys of all nodes, or says which have none.</summary>
    private static int? Find(IEnumerable<NamedRecipient> known, string[] nodes, List<NamedRecipient> given, string where)
    {
        var byName = known.Where(one => one.Name is not null).GroupBy(one => one.Name!, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.First(), StringComparer.Ordinal);
        if (nodes.Where(node => !byName.ContainsKey(node)).ToList() is { Count: > 0 } missing)
        {
            return Problems.Print(new Problem(CliCodes.Recipients, $"{where} knows no key of {string.Join(", ", missing)}",
                "a node has one once it has enrolled: 'gitops secret recipients --nodes' lists them"), ExitCode.Refused);
        }

        given.AddRange(nodes.Select(node => byName[node]));
        return null;
    }
}
