using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.Cli.Output;
using GitOps.Manifests;
using GitOps.Manifests.EdgeX;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops import edgex URL</c>: what runs already, written as files of a fleet repository.</summary>
internal static class ImportCommand
{
    private const int Page = 100;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static Command Create() => new("import", "Write what runs already as files of a fleet repository") { EdgeX() };

    private static Command EdgeX()
    {
        var url = new Argument<string>("URL") { Description = "core-metadata of the EdgeX, like http://127.0.0.1:59881" };
        var into = new Option<string>("--into", "-d") { Description = "The folder for the files; it has to be new or empty", HelpName = "FOLDER", DefaultValueFactory = _ => "edgex" };
        var node = new Option<string>("--node") { Description = "The node that the EdgeX is on or near", HelpName = "NAME", DefaultValueFactory = _ => "node-1" };
        var name = new Option<string>("--name") { Description = "The name of the DeviceImport", HelpName = "NAME", DefaultValueFactory = _ => "edgex" };
        var seen = new Option<string?>("--metadata") { Description = "core-metadata as the node reaches it; otherwise URL", HelpName = "URL" };
        var commands = new Option<string>("--command") { Description = "core-command as the node reaches it", HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:59882" };
        var token = new Option<string?>("--token-file") { Description = "A file with the JWT that a secured EdgeX asks for", HelpName = "FILE" };
        var command = new Command("edgex", "Write the profiles, devices and provision watchers of a running EdgeX, and a DeviceImport that keeps them")
        {
            url, into, node, name, seen, commands, token,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!Uri.TryCreate(parsed.GetRequiredValue(url), UriKind.Absolute, out var metadata) || metadata.Scheme is not ("http" or "https"))
            {
                return Problems.Print(new Problem(CliCodes.Unanswered, $"'{parsed.GetRequiredValue(url)}' is no address", "write it like http://127.0.0.1:59881"), ExitCode.Usage);
            }

            var folder = parsed.GetRequiredValue(into);
            if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            {
                return Problems.Print(new Problem(CliCodes.NotEmpty, $"the folder {folder} holds files", "name another one with --into"), ExitCode.Refused);
            }

            var (documents, why) = await ReadAsync(metadata, parsed.GetValue(token), cancellationToken);
            if (documents is null)
            {
                return Problems.Print(new Problem(CliCodes.Unanswered, $"{metadata} cannot be read: {why}", "give the address of core-metadata, port 59881 by default"), ExitCode.Unreachable);
            }

            var (files, findings) = EdgeXExport.Write(
                documents, parsed.GetRequiredValue(name), parsed.GetRequiredValue(node), parsed.GetValue(seen) ?? metadata.ToString().TrimEnd('/'), parsed.GetRequiredValue(commands));
            foreach (var file in files)
            {
                var path = Path.Combine(folder, file.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await File.WriteAllBytesAsync(path, file.Bytes, cancellationToken);
                Console.Out.WriteLine(path);
            }

            FindingOutput.Print(findings);
            return findings.Any(finding => finding.Severity == Severity.Error) ? ExitCode.Findings : ExitCode.Done;
        });
        return command;
    }

    private static async Task<(List<(EdgeXKind, JsonElement)>? Documents, string? Why)> ReadAsync(Uri metadata, string? tokenFile, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = new Uri(metadata.ToString().TrimEnd('/') + "/"), Timeout = Limit };
        try
        {
            if (tokenFile is not null)
            {
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(tokenFile, cancellationToken)).Trim());
            }

            List<(EdgeXKind, JsonElement)> documents = [];
            foreach (var (kind, list, member) in new[]
            {
                (EdgeXKind.Profile, "deviceprofile", "profiles"), (EdgeXKind.Device, "device", "devices"), (EdgeXKind.Watcher, "provisionwatcher", "provisionWatchers"),
            })
            {
                await foreach (var document in ListAsync(http, list, member, cancellationToken))
                {
                    documents.Add((kind, document));
                }
            }

            return (documents, null);
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException or IOException or UnauthorizedAccessException ||
            (failure is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return (null, failure.Message);
        }
    }

    private static async IAsyncEnumerable<JsonElement> ListAsync(
        HttpClient http, string list, string member, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int offset = 0, total = 1; offset < total; offset += Page)
        {
            using var page = JsonDocument.Parse(await http.GetStringAsync(
                new Uri(string.Create(CultureInfo.InvariantCulture, $"api/v3/{list}/all?offset={offset}&limit={Page}"), UriKind.Relative), cancellationToken));
            total = page.RootElement.GetProperty("totalCount").GetInt32();
            if (page.RootElement.GetProperty(member) is { ValueKind: JsonValueKind.Array } items)
            {
                foreach (var item in items.EnumerateArray())
                {
                    yield return item.Clone();
                }
            }
        }
    }
}
