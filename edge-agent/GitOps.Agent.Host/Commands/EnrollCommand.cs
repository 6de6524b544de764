using System.CommandLine;
using System.Globalization;
using GitOps.Agent.Host.Identity;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent enroll</c>: this machine becomes a node of a fleet, with a token.</summary>
internal static class EnrollCommand
{
    private static readonly Option<string> Url = new("--url") { Description = "https://host:port of the control plane's node API", Required = true };

    private static readonly Option<FileInfo> TokenFile = new("--token-file") { Description = "the file with the token of 'gitops enroll create'", Required = true };

    private static readonly Option<string> Fingerprint = new("--ca-sha256")
    {
        Description = "SHA-256 of the control plane's authority, as 'gitops enroll create' printed it",
        Required = true,
    };

    private static readonly Option<string?> Node = new("--node") { Description = "who this machine is to be; refused when the token is for another" };

    private static readonly Option<string?> Folder = new("--folder") { Description = "where the identity is written; otherwise --identity" };

    private static readonly Option<bool> Force = new("--force") { Description = "replace an identity that is there; policy.json stays" };

    public static Command Build(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("enroll", "Makes this machine a node of a fleet; its keys are made here.") { Url, TokenFile, Fingerprint, Node, Folder, Force };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Fingerprint) is { } text && Normal(text) is not { Length: 64 })
            {
                result.AddError($"--ca-sha256: '{text}' is not 64 hex digits");
            }

            if (result.GetValue(Url) is { } url && Parse(url) is null)
            {
                result.AddError($"--url: '{url}' is not https://host:port");
            }
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, place(parsed), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, AgentPlace place, CancellationToken cancellationToken)
    {
        string token;
        try
        {
            token = (await File.ReadAllTextAsync(parsed.GetRequiredValue(TokenFile).FullName, cancellationToken)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(new Problem(AgentCodes.Configuration, $"the token cannot be read: {e.Message}", "name the file with --token-file"), ExitCodes.Findings);
        }

        var folder = Path.GetFullPath(parsed.GetValue(Folder) ?? place.Identity);
        var order = new EnrolOrder(
            Parse(parsed.GetRequiredValue(Url))!, token, Normal(parsed.GetRequiredValue(Fingerprint)), parsed.GetValue(Node), folder, parsed.GetValue(Force));
        try
        {
            switch (await new Enrolling(DiskFileLayer.Host, TimeProvider.System).RunAsync(order, cancellationToken))
            {
                case EnrolOutcome.Done(var node, var fleet, var until):
                    Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"this machine is {node} of fleet {fleet}; its certificate is good until {until:u} and is renewed by the agent"));
                    Console.Out.WriteLine($"look at {folder}/policy.json: what Git may touch here is decided there; then start the agent");
                    return ExitCodes.Done;
                case EnrolOutcome.Refused(var problem):
                    return Fail(problem, ExitCodes.Refused);
                case EnrolOutcome.Unreachable(var problem):
                    return Fail(problem, ExitCodes.Unreachable);
                case EnrolOutcome.TryAgain(var problem):
                    return Fail(problem, ExitCodes.TryAgain);
                case var other:
                    throw new System.Diagnostics.UnreachableException(other.ToString());
            }
        }
        catch (FileLayerException e)
        {
            return Fail(new Problem(AgentCodes.IdentityNotKept, e.Message, $"make {folder} and its parent writable, or run as root"), ExitCodes.Findings);
        }
    }

    private static Uri? Parse(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme == "https" ? parsed : null;

    /// <summary>With colons and in capitals too, as other programs print it.</summary>
    private static string Normal(string fingerprint)
    {
        var text = fingerprint.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();
        return text.All(char.IsAsciiHexDigitLower) ? text : string.Empty;
    }

    private static int Fail(Problem problem, int code)
    {
        Console.Error.WriteLine(problem);
        return code;
    }
}
