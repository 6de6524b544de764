using System.CommandLine;
using GitOps.Bundles;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Hosting;
using GitOps.Platform.Configuration;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary>Every setting of the control plane as a flag, and the file they may stand in instead.</summary>
internal sealed class SettingOptions
{
    private const string DefaultFile = "/etc/gitops/gitops.json";

    private readonly Dictionary<Setting, Option<string?>> _options = KnownSettings.All.ToDictionary(
        setting => setting,
        setting => new Option<string?>(setting.Flag)
        {
            Description = $"{setting.Help} [{setting.Variable(KnownSettings.Prefix)}{(setting.Default is { } value ? $", {value}" : "")}]",
        });

    private readonly Option<FileInfo?> _file = new("--config")
    {
        Description = $"settings in a JSON file, comments allowed [GITOPS_CONFIG, {DefaultFile} where it is]",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_file);
        foreach (var option in _options.Values)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The settings, or null after everything that is wrong with them was printed.</summary>
    public ControlPlaneSettings? Read(ParseResult parsed, bool needsRepository = true)
    {
        var flags = _options
            .Where(option => parsed.GetResult(option.Value) is { Implicit: false })
            .ToDictionary(option => option.Key.Name, option => parsed.GetValue(option.Value));
        var named = parsed.GetValue(_file)?.FullName ?? Environment.GetEnvironmentVariable("GITOPS_CONFIG");
        (string, ReadOnlyMemory<byte>)? file = null;
        try
        {
            var path = named ?? DefaultFile;
            file = named is not null || File.Exists(path) ? (path, File.ReadAllBytes(path)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problems.Print(new Problem(CliCodes.Unreadable, e.Message, "name a JSON file that can be read with --config"), ExitCode.Usage);
            return null;
        }

        switch (ControlPlaneSettings.Read(flags, Environment.GetEnvironmentVariable, file, needsRepository))
        {
            case SettingsReading.Read(var settings):
                return settings;
            case SettingsReading.Refused(var problems):
                foreach (var problem in problems)
                {
                    Terminal.Error.MarkupLineInterpolated($"{problem.Where}: [red]{problem.What}[/]");
                    Terminal.Error.MarkupLineInterpolated($"  [grey]fix:[/] {problem.Fix}");
                }

                return null;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
