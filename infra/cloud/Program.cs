using GitOps.Infra.Cloud;
using Pulumi;

return await Deployment.RunAsync<CloudStack>();
