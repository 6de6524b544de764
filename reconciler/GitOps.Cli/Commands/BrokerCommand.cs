using System.CommandLine;
using System.Diagnostics;
using System.Net;
using GitOps.Bundles;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Hosting;
using GitOps.Platform.Files;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary>What a broker needs to be the fleet's: <c>gitops broker mosquitto</c> in a folder, <c>gitops broker emqx</c> as a Secret of Kubernetes.</summary>
internal static class BrokerCommand
{
    private const string DefaultFolder = "mosquitto";

    public static Command Create() => new("broker", "Set up a broker that is not the embedded one") { Mosquitto(), Emqx() };

    private static Command Mosquitto()
    {
        var options = new SettingOptions();
        var folder = new Option<string>("--folder", "-f")
        {
            Description = $"where to write the files [./{DefaultFolder}]",
            DefaultValueFactory = _ => DefaultFolder,
        };
        var place = new Option<string?>("--place") { Description = "where they will lie on the broker's machine, absolute [the folder itself]" };
        var user = new Option<string>("--user")
        {
            Description = "whom Mosquitto becomes when root starts it; that user must own broker.key",
            DefaultValueFactory = _ => "mosquitto",
        };
        var watch = new Option<bool>("--watch")
        {
            Description = "beside a control plane: keep them up to date until stopped, from the moment the fleet is known",
        };
        var command = new Command("mosquitto", "Write configuration, access rules and certificates for Mosquitto 2") { folder, place, user, watch };
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (options.Read(parsed, needsRepository: false) is not { } settings)
            {
                return ExitCode.Usage;
            }

            var path = Path.GetFullPath(parsed.GetRequiredValue(folder));
            var there = parsed.GetValue(place) is { } given ? Path.TrimEndingDirectorySeparator(given) : path;
            if (!Path.IsPathFullyQualified(there))
            {
                return Usage($"--place: '{there}' is not an absolute path");
            }

            var setup = Setup(settings, path, there, parsed.GetRequiredValue(user));
            return parsed.GetValue(watch) ? await WatchAsync(settings, setup, cancellationToken) : Write(settings, setup);
        });
        return command;
    }

    /// <summary>Nodes reach it by the name in the broker's address; the embedded broker's endpoint says where it listens otherwise.</summary>
    private static MosquittoSetup Setup(ControlPlaneSettings settings, string folder, string place, string user) => settings.Broker switch
    {
        BrokerSetting.External(var address) => new MosquittoSetup(
            folder, place, new IPEndPoint(IPAddress.Any, address.Port), [address.Host], user),
        BrokerSetting.Embedded(var endpoint) => new MosquittoSetup(folder, place, endpoint, settings.Names, user),
        _ => new MosquittoSetup(folder, place, new IPEndPoint(IPAddress.Any, MosquittoSetup.DefaultPort), settings.Names, user),
    };

    private static Command Emqx()
    {
        var options = new SettingOptions();
        var space = new Option<string?>("--namespace") { Description = "of the Secret [the one of the registrations, otherwise gitops]" };
        var command = new Command("emqx", "Print the Secret that EMQX on a cluster starts with, for 'kubectl apply -f -'; it holds the broker's private key") { space };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            if (options.Read(parsed, needsRepository: false) is not { } settings)
            {
                return ExitCode.Usage;
            }

            if (settings.Broker is not BrokerSetting.External(var address))
            {
                return Usage("nodes find EMQX by the address of the broker: --broker external --broker-url mqtts://HOST:8883, or the settings of the control plane");
            }

            if ((parsed.GetValue(space) ?? settings.Registrations ?? "gitops") is var ns && !Label.IsValid(ns))
            {
                return Usage($"--namespace: '{ns}' is not a name: use a-z, 0-9 and inner hyphens, at most 63 characters");
            }

            switch (EmqxSecret.Make(settings, [address.Host], ns, DiskFileLayer.Host, TimeProvider.System))
            {
                case EmqxWritten.Refused(var problem):
                    return Problems.Print(problem, ExitCode.Refused);
                case EmqxWritten.Done(var manifest):
                    Console.Out.Write(manifest);
                    return ExitCode.Done;
                case var other:
                    throw new UnreachableException($"{other}");
            }
        });
        return command;
    }

    private static async Task<int> WatchAsync(ControlPlaneSettings settings, MosquittoSetup setup, CancellationToken cancellationToken)
    {
        try
        {
            await new MosquittoKeeper(settings, setup, DiskFileLayer.Host, TimeProvider.System).KeepAsync(
                files => Terminal.Out.MarkupLineInterpolated($"[green]{setup.Folder}[/] holds {string.Join(", ", files.Files)}"), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped, as asked.
        }

        return ExitCode.Done;
    }

    private static int Write(ControlPlaneSettings settings, MosquittoSetup setup)
    {
        switch (MosquittoFiles.Write(settings, setup, DiskFileLayer.Host, TimeProvider.System))
        {
            case MosquittoWritten.Refused(var problem):
                return Problems.Print(problem, ExitCode.Refused);
            case MosquittoWritten.Done(var files):
                Terminal.Out.MarkupLineInterpolated($"[green]{setup.Folder}[/] holds {string.Join(", ", files)}");
                Terminal.Out.MarkupLineInterpolated($"  for {setup.Names[0]}; carry it there as {setup.Place}: broker.key must belong to {setup.User}");
                Terminal.Out.MarkupLineInterpolated($"  write it again and restart Mosquitto after a node was replaced or removed, and within a year");
                return ExitCode.Done;
            case var other:
                throw new UnreachableException($"{other}");
        }
    }

    private static int Usage(string what)
    {
        Terminal.Error.WriteLine($"gitops: {what}");
        return ExitCode.Usage;
    }
}
